# gnuplot -c limits.gp CSV PICTURE png|svg: time and memory over n, for every way.
csv = ARG1

if (ARG3 eq "png") {
    set terminal pngcairo size 1500,700 font "DejaVu Sans,13" linewidth 1.4 background "white"
} else {
    set terminal svg size 1500,700 font "DejaVu Sans,15" linewidth 1.4 background "white"
}
set output ARG2
set datafile separator ","
set datafile missing NaN
set logscale xy
set grid xtics ytics linecolor rgb "#d8d8d8" linewidth 0.8
set border 3 linecolor rgb "#606060"
set tics nomirror textcolor rgb "#303030"

set style line 1 linecolor rgb "#1668a7" pointtype 7 pointsize 1.1 linewidth 2.2
set style line 2 linecolor rgb "#d9622b" pointtype 5 pointsize 1.0 linewidth 2.2
set style line 3 linecolor rgb "#2f8f4e" pointtype 9 pointsize 1.2 linewidth 2.2
set style line 4 linecolor rgb "#8a4fa3" pointtype 11 pointsize 1.2 linewidth 2.2
set style line 5 linecolor rgb "#b8860b" pointtype 13 pointsize 1.3 linewidth 2.2
set style line 6 linecolor rgb "#7b8794" pointtype 4 pointsize 1.0 linewidth 2.2

set style line 7 linecolor rgb "#c2405a" pointtype 8 pointsize 1.2 linewidth 2.2
set style line 8 linecolor rgb "#303030" pointtype 6 pointsize 1.1 linewidth 2.2

array way[8] = ["flash", "unfused", "window", "BigBird", "linear", "gated delta", "FAVOR+", "LSTM"]
array title[8] = ["exact (flash)", "exact, whole score matrix", "window of 256", "BigBird", "linear, ELU features", \
    "gated delta rule", "256 random features (FAVOR+)", "LSTM of width 64"]
of(w, y) = (strcol("way") eq w) ? y : NaN

set multiplot layout 1,2 margins 0.06,0.985,0.2,0.92 spacing 0.09
unset key
set xlabel "n (tokens)"
set format x "2^{%L}"
set logscale x 2
set title "Time of one causal head of 64, one thread"
set ylabel "milliseconds" offset 1.5
plot for [i = 1:8] csv using (column("n")):(of(way[i], column("ms"))) with linespoints linestyle i

set title "Memory beyond inputs and output"
set ylabel "KiB" offset 1.5
plot for [i = 1:8] csv using (column("n")):(of(way[i], column("bytes") / 1024.0)) with linespoints linestyle i

# One legend below both, as a plot of nothing.
unset logscale; unset title; unset xlabel; unset ylabel; unset border; unset tics; unset grid
set lmargin at screen 0.05; set rmargin at screen 0.985; set bmargin at screen 0.01; set tmargin at screen 0.1
set key center center horizontal reverse Left samplen 2.2 width 2 maxrows 2 font ",12"
plot [0:1] [0:1] for [i = 1:8] NaN with linespoints linestyle i title title[i]
unset multiplot
