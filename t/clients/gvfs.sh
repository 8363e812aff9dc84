#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
#
# gvfs.sh PLAN: works off a plan (FTPS::Test::Clients) with gvfs, which GNOME's
# Files and others use, through its command gio (GLib's TLS: GnuTLS).  It knows
# no CA but the system's, so FTPS_CA lies over those in a mount namespace, and the
# question about an unknown certificate is answered with "no".
#
# DIAGNOSTICS: gio's; 77 for what there is no way to do.
set -eu
if [ -z "${FTPS_GVFS-}" ]; then
  [ -z "${FTPS_CCC-}${FTPS_CERT-}" ] || exit 77
  ! grep -qvE '^(put|get|list) ' "$1" || exit 77
  # A chroot of matrix.pl is in a namespace of its own, and its root is no mount.
  how=private
  [ -z "${FTPS_IN_NAMESPACE-}" ] || how=unchanged
  FTPS_GVFS=1 GVFS_DISABLE_FUSE=1 exec unshare --mount --propagation "$how" sh -c '
    mount --bind "$FTPS_CA" /etc/ssl/certs/ca-certificates.crt &&
    exec dbus-run-session -- "$@" 3>&2 2>"$2.noise"' gvfs "$0" "$1"
fi
exec 2>&3
scheme=ftps
[ -z "${FTPS_IMPLICIT-}" ] || scheme=ftpis
url="$scheme://$FTPS_USER@$FTPS_HOST:$FTPS_PORT"
# "2": no, to "Certificate is not trusted. (1) continue (2) cancel".
if ! printf '%s\n2\n' "$FTPS_PASSWORD" | gio mount "$url/" >"$1.mount" 2>&1; then
  tail -1 "$1.mount" >&2
  exit 1
fi
while read -r word from to; do
  case "$word" in
    put) gio copy "$from" "$url/$to" ;;
    get) gio copy "$url/$from" "$to" ;;
    list) gio list "$url/" >"$to" ;;
  esac
done <"$1"
gio mount --unmount "$url/"
