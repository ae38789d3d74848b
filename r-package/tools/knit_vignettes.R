# Runs tools/vignettes/*.Rmd, which needs Python, and writes what `R CMD build` takes, which does not.
#   Rscript tools/knit_vignettes.R   (from r-package, with the package installed)
# The first session in get-started.Rmd is a transcript, typed at a prompt in an empty home folder.
setwd("vignettes")
# How long drawing takes says more of this machine than of the package.
options(cli.progress_show_after = 600)
knitr::opts_chunk$set(error = FALSE, collapse = TRUE, comment = "#>", fig.path = "figures/", dev = "png", dpi = 96)
for (source in list.files("../tools/vignettes", "[.]Rmd$", full.names = TRUE)) {
  knitr::knit(source, output = basename(source), envir = new.env(), quiet = TRUE)
}
