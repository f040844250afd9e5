# gnuplot -c features.gp CSV PICTURE png|svg: the error of random features over their number, with c / sqrt(m).
csv = ARG1

if (ARG3 eq "png") {
    set terminal pngcairo size 900,560 font "DejaVu Sans,13" linewidth 1.4 background "white"
} else {
    set terminal svg size 900,560 font "DejaVu Sans,15" linewidth 1.4 background "white"
}
set output ARG2
set datafile separator ","
set datafile missing NaN
set logscale xy
set logscale x 2
set grid xtics ytics linecolor rgb "#d8d8d8" linewidth 0.8
set border 3 linecolor rgb "#606060"
set tics nomirror textcolor rgb "#303030"

set style line 1 linecolor rgb "#1668a7" pointtype 7 pointsize 1.1 linewidth 1.4
set style line 2 linecolor rgb "#d9622b" pointtype 5 pointsize 1.0 linewidth 1.4
set style line 3 linecolor rgb "#2f8f4e" pointtype 9 pointsize 1.2 linewidth 1.4
set style line 4 linecolor rgb "#8a4fa3" pointtype 11 pointsize 1.2 linewidth 1.4

array kind[4] = ["orthogonal", "independent", "orthogonal and causal", "independent and causal"]
of(w, y) = (strcol("kind") eq w) ? y : NaN

set xlabel "m (features)"
set ylabel "error, relative" offset 1.5
set title "FAVOR+ beside exact attention: measured (points) and c / sqrt(m) (lines)"
set key top right reverse Left samplen 2.2 font ",12"
plot for [i = 1:4] csv using (column("m")):(of(kind[i], column("error"))) with points linestyle i title kind[i], \
    for [i = 1:4] csv using (column("m")):(of(kind[i], column("law"))) with lines linestyle i notitle
