#!/bin/sh
# Builds what stands for the image of the web servers' agent in the folder $1, with the headers of Debian's packages.
# The modules are stubs: their image is not in a package registry.
set -eu
sources=$(cd "$(dirname "$0")" && pwd)
cd "$1"

mkdir headers
cd headers
apt-get download -qq apache2-dev libapr1-dev libaprutil1-dev libpcre2-dev nginx-dev
for package in *.deb; do dpkg -x "$package" .; done
cd ..
usr=$PWD/headers/usr
# Some headers and libraries are in a folder of the machine's kind.
triplet=$(gcc -print-multiarch)

version=$(nginx -v 2>&1)
modules=image/WebServerModule
mkdir -p "$modules/Apache" "$modules/Nginx/${version##*/}" image/sdk_lib/lib image/conf image/logs
echo '<log dir="__agent_log_dir__"/>' >image/conf/opentelemetry_sdk_log4cxx.xml.template
for library in common resources trace otlp_recordable exporter_ostream_span exporter_otlp_grpc webserver_sdk; do
	echo | gcc -shared -x c -o "image/sdk_lib/lib/libopentelemetry_$library.so" -
done

gcc -shared -fPIC -D_GNU_SOURCE -I"$usr/include/apache2" -I"$usr/include/apr-1.0" \
	-o "$modules/Apache/libmod_apache_otel.so" "$sources/apache.c"

# nginx takes only modules that are built as it is.
(cd "$usr/share/nginx/src" && sh ./configure --with-compat --without-http_gzip_module \
	--with-cc-opt="-I$usr/include -I$usr/include/$triplet" --with-ld-opt="-L$usr/lib/$triplet") >configure.log
src=$usr/share/nginx/src/src
gcc -shared -fPIC -I"$usr/include" -I"$src/core" -I"$src/event" -I"$src/os/unix" -I"$src/http" \
	-I"$src/http/modules" -I"$usr/share/nginx/src/objs" \
	-o "$modules/Nginx/${version##*/}/ngx_http_opentelemetry_module.so" "$sources/nginx.c"
rm -r headers configure.log
