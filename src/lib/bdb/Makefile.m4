bldLIBRARY(`bdb', `bdb.c bdb_door.c')
bldMODULE(`bdb', `bdb_mod.c bdb.c', `base', `db')
