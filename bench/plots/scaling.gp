# gnuplot -c scaling.gp CSV PICTURE png|svg SGEMM_GFLOPS N: time over n, memory over n, time over d at N.
csv = ARG1; n_fixed = int(ARG5); d_fixed = 64; sgemm = ARG4 + 0

if (ARG3 eq "png") {
    set terminal pngcairo size 1800,700 font "DejaVu Sans,13" linewidth 1.4 background "white"
} else {
    set terminal svg size 1800,700 font "DejaVu Sans,15" linewidth 1.4 background "white"
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
set style line 3 linecolor rgb "#7b8794" pointtype 9 pointsize 1.2 linewidth 2.2
set style line 9 linecolor rgb "#202020" dashtype 2 linewidth 1.2
set style line 11 linecolor rgb "#1668a7" dashtype 3 linewidth 1.6
set style line 12 linecolor rgb "#d9622b" dashtype 3 linewidth 1.6
set style line 13 linecolor rgb "#606060" dashtype 3 linewidth 1.6

array way[3] = ["tiled", "unfused", "triple loop"]
array title[3] = ["tiled (libselfattn)", "unfused (whole score matrix)", "triple loop"]
over_n(w, name) = (strcol("way") eq w && column("d") == d_fixed) ? column(name) : NaN
over_d(w) = (strcol("way") eq w && column("n") == n_fixed) ? column("ms_median") : NaN
mib_over_n(w, name) = over_n(w, name) / 1048576.0
roof_ms(n, d) = 4.0 * n * n * d / (sgemm * 1e6)

stats csv using (column("n")) nooutput
n_most = STATS_max; n_least = STATS_min
set multiplot layout 1,3 margins 0.055,0.985,0.2,0.92 spacing 0.075

unset key
set title sprintf("Time, d = %d", d_fixed)
set xlabel "n (queries and keys)"
set ylabel "milliseconds" offset 1.5
set xtics (n_least) nomirror
n = n_least * 4
while (n <= n_most) { set xtics add (n); n = n * 4 }
set xrange [n_least / 1.3 : n_most * 1.3]
plot for [i = 1:3] csv using (column("n")):(over_n(way[i], "ms_median")) with linespoints linestyle i, \
     [n_least : n_most] roof_ms(x, d_fixed) with lines linestyle 9

set title sprintf("Memory beyond inputs and output, d = %d", d_fixed)
set ylabel "MiB" offset 1.5
plot for [i = 1:3] csv using (column("n")):(mib_over_n(way[i], "extra_bytes")) with linespoints linestyle i, \
     for [i = 1:2] csv using (column("n")):(mib_over_n(way[i], "resident_bytes")) with lines linestyle 10 + i, \
     [n_least : n_most] x * x / 2.0 ** 19 with lines linestyle 9

set title sprintf("Time, n = %d", n_fixed)
set xlabel "d (head size)"
set ylabel "milliseconds" offset 1.5
set xtics (32, 64, 128) nomirror
set xrange [25 : 164]
plot for [i = 1:3] csv using (column("d")):(over_d(way[i])) with linespoints linestyle i, \
     [32 : 128] roof_ms(n_fixed, x) with lines linestyle 9

# One legend below all three, as a plot of nothing.
unset logscale; unset title; unset xlabel; unset ylabel; unset border; unset tics; unset grid
set lmargin at screen 0.05; set rmargin at screen 0.985; set bmargin at screen 0.01; set tmargin at screen 0.08
set key center center horizontal reverse Left samplen 2.2 width 2 font ",12"
plot [0:1] [0:1] for [i = 1:3] NaN with linespoints linestyle i title title[i], \
     NaN with lines linestyle 9 title "4 n² d at the sgemm rate; middle: slope 2", \
     NaN with lines linestyle 13 title "growth of the resident process"
unset multiplot
