bldLIBRARY(`os', `fd.c features.c file.c path.c rest.c room.c id.c load.c logger.c near.c title.c lock.c module.c sandbox.c sandbox_seccomp.c sandbox_says.c sandbox_caps.c sandbox_landlock.c user.c watch.c shadow.c')
bldTESTS(`fd_test.c file_test.c id_test.c near_test.c rest_test.c room_test.c sandbox_test.c', `os base', `dl')
