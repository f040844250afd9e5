/* Tables of positions of another number of patches, against torch.nn.functional.interpolate(mode="bicubic",
 * align_corners=False) of PyTorch 2 in double.
 * SPDX-License-Identifier: MIT */
#include "model/stretch.h"

#include "support/paths.h"

#include <criterion/criterion.h>

enum { WIDTH = 2, MOST = 21 * WIDTH };

/* Number i of the table is 7 i^2 % 23 / 11 - 1. */
static const struct {
    int64_t rows, columns, to_rows, to_columns;
    int antialias;
    double want[MOST];
} cases[] = {
    {5, 4, 3, 7, 0, {-0.76675802, -0.246199851, -0.704156789, 0.117015944,  -0.496931475, 0.572849793,  0.21412037,
                     0.416140572, 0.858431558,  0.192690695,  0.901463923,  0.484331593,  0.844076086,  0.727558321,
                     0.972228664, 1.018039359,  0.675482043,  1.021907302,  0.296539557,  0.89157335,   0.434659091,
                     0.161931818, 0.506037967,  -0.634450371, -0.037097469, -0.928977273, -0.453833157, -1.045098397,
                     0.002338589, -0.426598192, 0.317266752,  0.053214513,  0.680903115,  0.699241105,  0.372369529,
                     0.801031145, -0.002904715, 0.646570019,  0.196538698,  0.662176766,  0.391477794,  0.681290707}},
    {5,
     4,
     2,
     2,
     0,
     {-0.371027166, 0.463844993, 0.769464666, 0.115700462, 0.183704723, 0.075317383, 0.456920277, 0.685868697}},
    {2, 2, 3, 1, 0, {-0.918718434, 0.047506313, 0.068181818, 0.340909091, 1.055082071, 0.634311869}},
    {5, 4, 3, 7, 1, {-0.589070065, -0.085267617, -0.558556495, 0.183534809, -0.421113771, 0.604965404, 0.226136364,
                     0.366171329,  0.826950726,  0.091895561,  0.786389209, 0.377312658,  0.712889995, 0.56663865,
                     0.47834404,   0.533195438,  0.392138808,  0.666113485, 0.26446462,   0.826171448, 0.417256871,
                     0.395560254,  0.52361335,   -0.169246722, 0.21793492,  -0.523607218, 0.027716905, -0.691278053,
                     0.001089295,  -0.393010355, 0.261788136,  0.02123178,  0.662426793,  0.722414615, 0.375786713,
                     0.790034965,  0.042710861,  0.65238539,   0.265345277, 0.566698192,  0.422031334, 0.521150484}},
    {5,
     4,
     2,
     2,
     1,
     {-0.075897585, 0.422613057, 0.519924152, 0.069390693, 0.373958188, 0.411111976, 0.277926918, 0.300228688}},
    {2, 2, 3, 1, 1, {-0.883373206, 0.058014354, 0.068181818, 0.340909091, 1.019736842, 0.623803828}},
};

Test(stretch, is_torch_interpolate) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct stretch s = {cases[i].rows, cases[i].columns,  cases[i].to_rows, cases[i].to_columns,
                                  WIDTH,         cases[i].antialias};
        enum { BEFORE = 3, MOST_OLD = 20 * WIDTH };
        float table[BEFORE + MOST_OLD] = {9, 8, 7}, got[BEFORE + MOST];
        const int64_t count = s.rows * s.columns * WIDTH;
        for (int64_t k = 0; k < count; k++) table[BEFORE + k] = (float)(7 * k * k % 23) / 11 - 1;
        const struct tensor t = {.type = SA_F32, .elements = BEFORE + count, .data = (const unsigned char *)table};
        stretch_table(&s, &t, got);
        cr_expect_arr_eq(got, table, BEFORE * sizeof *got);
        for (int64_t k = 0; k < s.to_rows * s.to_columns * WIDTH; k++)
            cr_expect_float_eq(got[BEFORE + k], cases[i].want[k], 1e-6, "case %zu, number %lld: %g, not %g", i,
                               (long long)k, (double)got[BEFORE + k], cases[i].want[k]);
    }
}
