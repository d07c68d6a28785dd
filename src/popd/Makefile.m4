bldPROGRAM(`popd', `main.c login.c session.c', `front store auth net proc mime wire os base', `event dl crypt')
bldMAN(`popd.8')
