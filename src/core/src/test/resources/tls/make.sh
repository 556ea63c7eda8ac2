#!/usr/bin/env bash
# Makes the certificates of the tests anew; they are good for 70 years. They protect nothing but tests.
set -euo pipefail
cd "$(dirname "$0")"
authority() {
  openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 25550 -keyout "$1.key" -out "$1.pem" -subj "/CN=$1" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>/dev/null
}
# node NAME AUTHORITY SAN [OPTION...]
node() {
  local name=$1 authority=$2 san=$3
  shift 3
  [ -e "$name.key" ] || openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$name.key" 2>/dev/null
  openssl req -new -key "$name.key" -subj "/CN=$name" -out request.csr
  openssl x509 -req -in request.csr -CA "$authority.pem" -CAkey "$authority.key" -sha256 -out "$name.pem" \
    -extfile <(echo "subjectAltName=$san") -set_serial "0x$(openssl rand -hex 8)" "$@" 2>/dev/null
}
authority ca
authority other-ca
node node ca DNS:localhost,IP:127.0.0.1 -days 25550
node stranger other-ca DNS:localhost,IP:127.0.0.1 -days 25550
node elsewhere ca DNS:elsewhere.example -days 25550
printf '%s\n' '[ca]' default_ca=d '[d]' database=index new_certs_dir=. policy=p serial=serial '[p]' commonName=supplied \
  '[x]' subjectAltName=DNS:localhost,IP:127.0.0.1 > ca.cnf
: > index; echo 01 > serial
openssl req -new -key node.key -subj /CN=expired -out request.csr
openssl ca -batch -notext -config ca.cnf -extensions x -in request.csr -cert ca.pem -keyfile ca.key -out expired.pem \
  -startdate 20200101000000Z -enddate 20200102000000Z -md sha256 2>/dev/null
rm -f request.csr ca.key other-ca.key ca.cnf index* serial* 01.pem
