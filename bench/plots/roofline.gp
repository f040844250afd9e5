# gnuplot -c roofline.gp CSV PICTURE png|svg FMA_GFLOPS BF16_GFLOPS READ_GBPS: speed over operations per byte, under the
# roofs.
csv = ARG1; fma = ARG4 + 0; bf16 = ARG5 + 0; read = ARG6 + 0
if (ARG3 eq "png") {
    set terminal pngcairo size 1150,760 font "DejaVu Sans,12" linewidth 1.3 background "white"
} else {
    set terminal svg size 1150,760 font "DejaVu Sans,15" linewidth 1.3 background "white"
}
dot = ARG3 eq "png" ? 1 : 0.65
small = ARG3 eq "png" ? ",10" : ",13"
set output ARG2
set datafile separator ","
set datafile missing NaN
set logscale xy
set border 3 linecolor rgb "#606060"
set tics nomirror textcolor rgb "#303030"
set grid xtics ytics linecolor rgb "#e4e4e4" linewidth 0.8
set xlabel "operations per byte of inputs and output"
set ylabel "GF/s" offset 1
set key bottom right spacing 1.25 samplen 1.5 reverse Left

stats csv using (column("flops_per_byte")) nooutput
x_low = STATS_min / 2; x_high = STATS_max * 2.2
stats csv using (column("gflops")) nooutput
y_low = STATS_min / 2; y_high = (bf16 > fma ? bf16 : fma) * 1.7
set xrange [x_low : x_high]
set yrange [y_low : y_high]
slope = atan2(680 / log10(y_high / y_low), 1025 / log10(x_high / x_low)) * 180 / pi

roof(x, peak) = read * x < peak ? read * x : peak
point(name) = strcol("who") eq "libselfattn" && strcol("name") eq name ? column("gflops") : NaN
rival(type) = strcol("who") ne "libselfattn" && strcol("dtype") eq type ? column("gflops") : NaN

# Shapes of like intensity are named on different sides of their points.
side(shape) = strstrt(" bert128x8 gpt1k gpt2k ", " " . shape . " ") ? -1 : shape eq "bert512-layer" ? 0 : 1
beside(s) = side(strcol("shape")) == s ? strcol("shape") : ""

set label 1 sprintf("f32 FMA  %.0f GF/s", fma) at x_high, fma right offset -0.5,0.5 textcolor rgb "#202020"
third = bf16 > 3 * fma ? bf16 / 3 : 0
if (bf16 > 0) {
    set label 2 sprintf("products of bf16  %.0f GF/s", bf16) at x_high, bf16 right offset -0.5,0.5 \
        textcolor rgb "#202020"
}
if (third > 0) {
    set label 3 "a third of it: three products for one" at x_high, third right offset -0.5,0.5 textcolor rgb "#707070"
}
set label 4 sprintf("read bandwidth  %.1f GB/s", read) at x_low * 1.15, read * x_low * 1.15 \
    rotate by slope offset 0,1.1 textcolor rgb "#202020"

plot roof(x, bf16 > 0 ? bf16 : fma) with lines linecolor rgb "#202020" linewidth 1.6 notitle, \
     (third > 0 ? roof(x, third) : NaN) with lines linecolor rgb "#a0a0a0" dashtype 2 notitle, \
     roof(x, fma) with lines linecolor rgb "#202020" linewidth 1.6 notitle, \
     csv using (column("flops_per_byte")):(rival("f32")) with points pointtype 6 pointsize dot linecolor rgb "#a8b0b8" \
         title "rivals, f32", \
     csv using (column("flops_per_byte")):(rival("bf16")) with points pointtype 4 pointsize dot \
         linecolor rgb "#d9a982" title "rivals, bf16", \
     csv using (column("flops_per_byte")):(point("highest")) with points pointtype 7 pointsize dot * 1.5 \
         linecolor rgb "#1668a7" title "highest (f32)", \
     csv using (column("flops_per_byte")):(point("high")) with points pointtype 9 pointsize dot * 1.6 \
         linecolor rgb "#7a3fa0" title "high (f32)", \
     csv using (column("flops_per_byte")):(point("medium")) with points pointtype 5 pointsize dot * 1.4 \
         linecolor rgb "#0b8a6f" title "medium (bf16)", \
     csv using (column("flops_per_byte")):(point("highest")):(beside(1)) \
         with labels left offset 0.8,0.4 font small textcolor rgb "#1668a7" notitle, \
     csv using (column("flops_per_byte")):(point("highest")):(beside(-1)) \
         with labels right offset -0.8,-0.5 font small textcolor rgb "#1668a7" notitle, \
     csv using (column("flops_per_byte")):(point("highest")):(beside(0)) \
         with labels center offset 0,-1.3 font small textcolor rgb "#1668a7" notitle
