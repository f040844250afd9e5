# gnuplot -c threads.gp CSV PICTURE png|svg: speedup over the number of threads, a line per shape.
csv = ARG1
if (ARG3 eq "png") {
    set terminal pngcairo size 900,680 font "DejaVu Sans,12" linewidth 1.3 background "white"
} else {
    set terminal svg size 900,680 font "DejaVu Sans,15" linewidth 1.3 background "white"
}
set output ARG2
set datafile separator ","
set datafile missing NaN

shapes = ""
note(s) = s eq "shape" || strstrt(" " . shapes, " " . s . " ") ? 0 : (shapes = shapes . s . " ", 0)
stats csv using (note(strcol("shape"))) nooutput
stats csv using (column("threads")) nooutput
most = STATS_max
stats csv using (column("speedup")) nooutput
least = STATS_min < 1 ? STATS_min * 0.9 : 0.9

set logscale xy 2
set border 3 linecolor rgb "#606060"
set tics nomirror textcolor rgb "#303030"
set grid xtics ytics linecolor rgb "#e4e4e4" linewidth 0.8
set xrange [0.95 : most * 1.05]
set yrange [least : most * 1.1]
set xlabel "threads"
set ylabel "speedup" offset 1
set key left top spacing 1.2 reverse Left
colors = "#1668a7 #7a3fa0 #0b8a6f #d9622b #c2342f #8a6d0b #3f8fd0 #b05fc7 #4cb89d #7b8794 #202020"
plot x with lines linecolor rgb "#a0a0a0" dashtype 2 title "as many times as threads", \
     for [i = 1:words(shapes)] csv \
         using (column("threads")):(strcol("shape") eq word(shapes, i) ? column("speedup") : NaN) \
         with linespoints linecolor rgb word(colors, i) linewidth 1.8 pointtype 7 pointsize 0.8 title word(shapes, i)
