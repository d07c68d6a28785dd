bldLIBRARY(`front', `parent.c role.c auth_role.c front_role.c login.c session.c')
