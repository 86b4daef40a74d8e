# SPDX-License-Identifier: GPL-2.0-only
# gnuplot: plot.data, made by tests/bench/run, becomes plot.svg.
set terminal svg size 1100,500 font "sans-serif,12" background "white"
set output "plot.svg"
set style data histograms
set style histogram clustered gap 2
set style fill solid 0.9 noborder
set logscale y
set format y "%g"
set ylabel "milliseconds"
set grid ytics lc rgb "#dddddd"
set key outside top center horizontal
set yrange [0.1:*]
set bmargin 6
set rmargin 9
set xtics rotate by -25 nomirror
set title "checkpoint and restart beside CRIU and the machine's own limits"
plot "plot.data" using "checkpoint":xtic(1) title "checkpoint" lc rgb "#1f5fa8", \
     "" using "criu-checkpoint" title "checkpoint (CRIU)" lc rgb "#a9c4e4", \
     "" using "frozen" title "frozen" lc rgb "#b5402a", \
     "" using "criu-frozen" title "frozen (CRIU)" lc rgb "#ecb9ae", \
     "" using "fork" title "fork" lc rgb "#777777", \
     "" using "restart" title "restart" lc rgb "#2f7d46", \
     "" using "criu-restart" title "restart (CRIU)" lc rgb "#aed8ba", \
     "" using "copy" title "copy in memory" lc rgb "#bbbbbb"
