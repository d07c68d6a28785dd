# where.sh - which system is this?  Sets os rel rbase rroot arch, oscf and obj.  Read by Build.
#
# oscf is the file of devtools/OS that describes the system: the longest of OS.REL, OS.RROOT,
# OS.RBASE and OS that exists, else POSIX (always POSIX with -S).  BUILD_OS, BUILD_REL and BUILD_ARCH override uname,
# for a cross compiler.

os=${BUILD_OS:-$(uname -s)}
rel=${BUILD_REL:-$(uname -r)}
arch=${BUILD_ARCH:-$(uname -m)}

# Names of folders are made of these, so nothing but plain letters stays.
plain() {
	printf '%s' "$1" | tr -c 'A-Za-z0-9._+\n-' '_'
}
os=$(plain "$os")
arch=$(plain "$arch")
rel=$(plain "$(printf '%s' "$rel" | sed 's/[-+ (].*//')")
rbase=${rel%%.*}
case $rel in
*.*.*)	rroot=${rel#*.}; rroot=$rbase.${rroot%%.*} ;;
*)	rroot=$rel ;;
esac

oscf=POSIX
[ "$skip" = yes ] ||
for i in "$os.$rel" "$os.$rroot" "$os.$rbase" "$os"; do
	if [ -f "devtools/OS/$i" ]; then
		oscf=$i
		break
	fi
done

objname() {
	printf '%s' "obj${pfx:+.$pfx}.$os.$rel.$arch${sfx:+.$sfx}${variant:+.$variant}"
}
if [ "$skip" = yes ]; then
	sfx=${sfx:+$sfx.}generic
fi
obj=$objroot/$(objname)
