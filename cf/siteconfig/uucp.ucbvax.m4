divert(-1)
dnl
dnl uucp.ucbvax - UUCP neighbours of ucbvax, a host of long ago: an example of a list.
dnl
divert(6)dnl
SITE(`Padova Shasta alice allegra amdcad att attunix avsd bellcore bellcor calma cithep')
SITE(`cnmat craig craylab decusj decwrl dssovax eagle ecovax floyd franz geoff harpo ho3e2')
SITE(`hpda hplabs ibmsupt ibmuupa ibmpa iiasa70 imagen isunix menlo70 kentmth lbl-csam')
SITE(`lbl-csa lime mothra mseonyx mtxinu pixar pur-ee purdue pwbd sdcarl sftig sgi olympus')
SITE(`sii srivisi ssyx sun trwrb twg ucivax ucla-se ucla-cs ucsbcsl ucsbhub ucscc ucsd')
SITE(`ucsfcgl ucsfmis ulysses unisoft unmvax usenix uw uwvax vax135 voder wheps whuxle')
SITE(`whuxlj xicomp xprin zehntel zilog')
dnl A neighbour that takes several recipients at a time.
ifelse(_SITE_CLASS_, `U', `CYdecvax', `SITE(`decvax')')
divert(-1)
