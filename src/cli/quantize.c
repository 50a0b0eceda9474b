/* hearth quantize: a model file in another weight type. */
#include <getopt.h>
#include <stdio.h>

#include "cli/command.h"
#include "model/requantize.h"

static const char usage[] = "usage: hearth quantize IN.gguf OUT.gguf TYPE\n\n"
                            "TYPE: F32, F16, BF16, Q8_0 (8.5 bits a weight, next to no loss) or Q4_0 (4.5 bits).\n"
                            "Norms and biases stay F32.\n\n"
                            "example: hearth quantize model.gguf model-q8.gguf Q8_0\n";

static void progress(double done) { ht_cli_progress("quantize", done, -1, NULL); }

int ht_cmd_quantize(int argc, char **argv)
{
    static const struct option options[] = {{"help", 0, NULL, 'h'}, {NULL, 0, NULL, 0}};
    for (int c; (c = ht_cli_option("quantize", argc, argv, "h", options)) != -1;)
        switch (c) {
        case 'h': fputs(usage, stdout); return 0;
        default: return 2;
        }
    if (argc - optind != 3)
        return ht_cli_usage("quantize", "input, output and type are needed");
    ht_error err = {0};
    ht_requantize_stats s;
    if (ht_model_requantize(argv[optind], argv[optind + 1], argv[optind + 2], ht_cli_is_tty() ? progress : NULL, &s, &err) != HT_OK)
        return ht_cli_fail("quantize", &err);
    printf("%llu of %llu tensors converted, %.1f MB -> %.1f MB\n", (unsigned long long)s.n_converted, (unsigned long long)s.n_tensors,
           (double)s.bytes_in * 1e-6, (double)s.bytes_out * 1e-6);
    return 0;
}
