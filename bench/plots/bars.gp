# gnuplot -c bars.gp CSV PICTURE png|svg FMA_GFLOPS BF16_GFLOPS READ_GBPS SET: a panel per shape of the set, a bar per
# entrant.
csv = ARG1; fma = ARG4 + 0; read = ARG6 + 0; set_name = ARG7
set datafile separator ","
set datafile missing NaN

# The shapes of the set, and how many entrants the fullest of them has.
shapes = ""; rows = 0; most = 0
note(s) = (strstrt(" " . shapes, " " . s . " ") ? (rows = rows + 1) : (shapes = shapes . s . " ", rows = 1), \
           most = rows > most ? rows : most)
stats csv using (strcol("set") eq set_name ? note(strcol("shape")) : 0) nooutput
panels = words(shapes)
width = 640 * panels; height = 34 * most + 146

if (ARG3 eq "png") {
    set terminal pngcairo size width,height font "DejaVu Sans,12" background "white"
} else {
    set terminal svg size width,height font "DejaVu Sans,15" background "white"
}
small = ARG3 eq "png" ? ",10" : ",13"
set output ARG2

# Decoding is compared with the memory roof, everything else with that of the multiply-add units.
decoding = set_name eq "decode"
unit = decoding ? "GB/s" : "GF/s"
speed(unused) = decoding ? column("gbps") : column("gflops")
roof = decoding ? read : fma
roof_name = decoding ? "read roof" : "FMA roof"

form(ms) = (decoding ? "%.1f" : "%.0f") . "   " . (ms < 10 ? "%.2f" : "%.1f") . " ms"
ours(who) = who eq "libselfattn"
own_color(name) = name eq "highest" ? 0x1668a7 : name eq "high" ? 0x7a3fa0 : 0x0b8a6f
color(who, name, type) = ours(who) ? own_color(name) : (type eq "f32" ? 0xb4bcc5 : 0xd9b79c)
label(who, name, type) = ours(who) ? sprintf("libselfattn %s (%s)", name, type) : name
# The next free row, counted apart for bars, names and numbers.
array next[3]
row(s, i) = strcol("shape") eq s ? (next[i] = next[i] - 1) : NaN

set style fill solid 1 noborder
set border 0
unset key
set tics nomirror textcolor rgb "#505050" scale 0.4
unset ytics
set grid xtics linecolor rgb "#e4e4e4" linewidth 0.8
set xlabel unit textcolor rgb "#303030"

set multiplot
do for [i = 1:panels] {
    s = word(shapes, i)
    set xrange [*:*]; set yrange [*:*]
    stats csv using (strcol("shape") eq s ? speed(0) : NaN) nooutput
    high = (STATS_max > roof ? STATS_max : roof) * 1.42
    set xrange [0 : high]; set yrange [-most - 0.6 : 0.1]
    left = (i - 1.0) / panels
    set lmargin at screen left + 245.0 / width; set rmargin at screen left + 625.0 / width
    set bmargin at screen 62.0 / height; set tmargin at screen 1 - 46.0 / height
    set title s font (ARG3 eq "png" ? ",15" : ",19") offset 0,-0.3
    set arrow 1 from roof, graph 0 to roof, graph 1 nohead dashtype 2 linewidth 1.4 linecolor rgb "#909090" back
    set label 1 roof_name at roof, -0.15 offset 0.5,0 font small textcolor rgb "#404040" front
    do for [j = 1:3] { next[j] = 0 }
    plot csv using (0):(row(s, 1)):(0):(speed(0)):(next[1] - 0.38):(next[1] + 0.38) \
                   :(color(strcol("who"), strcol("name"), strcol("dtype"))) \
             with boxxyerror linecolor rgb variable, \
         csv using (0):(row(s, 2)):(label(strcol("who"), strcol("name"), strcol("dtype"))) \
             with labels right offset -0.8,0 textcolor rgb "#202020", \
         csv using (speed(0)):(row(s, 3)):(sprintf(form(column("ms")), speed(0), column("ms"))) \
             with labels left offset 0.6,0 font small textcolor rgb "#404040"
}
unset multiplot
