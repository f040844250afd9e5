# Untested. Builds the source tree that this file lies in: nix-build packaging/nix
{ pkgs ? import <nixpkgs> { } }:
pkgs.stdenv.mkDerivation {
  pname = "libselfattn";
  version = "0.1.0";
  src = pkgs.lib.cleanSource ../..;
  nativeBuildInputs = with pkgs; [ cmake pkg-config protobufc python3 ];
  buildInputs = with pkgs; [
    openblas jansson utf8proc pcre2 protobufc fftw popt pango cairo libjpeg_turbo libsndfile libsamplerate
  ];
  cmakeFlags = [
    "-DSELFATTN_BUILD_TOOLS=ON"
    "-DSELFATTN_MPI=OFF"
    "-DSELFATTN_LAPACKE=OFF"
    # No path of the store is searched when a library is loaded by name.
    "-DSELFATTN_BLAS_LINK=ON"
  ];
  meta = {
    description = "Exact self-attention for CPUs";
    license = pkgs.lib.licenses.mit;
    platforms = [ "x86_64-linux" "aarch64-linux" ];
  };
}
