# Builds the site of the R package with pkgdown, without the network: Rscript tools/site.R FOLDER   (from r-package)
# Examples and vignettes need no Python, because examples do not run and vignettes are knitted already. The links of this
# site to files of the repository lead to the pages that mkdocs.yml makes of these files, in the folder above.
options(warn = 2, pkgdown.internet = FALSE)
destination <- commandArgs(trailingOnly = TRUE)[[1]]
unlink(destination, recursive = TRUE)
dir.create(destination, recursive = TRUE)
destination <- normalizePath(destination)
work <- tempfile("site-")
dir.create(work)

# downlit asks CRAN for the sites of packages that texts name, unless they are installed.
utils::assignInNamespace("CRAN_urls", function() data.frame(Package = character(), URL = character()), "downlit")

# A copy, because pkgdown writes into the package, and README.md names files that are elsewhere in the site.
package <- file.path(work, "package")
dir.create(package)
invisible(file.copy(list.files(), package, recursive = TRUE))
readme <- file.path(package, "README.md")
text <- readLines(readme)
text <- gsub("(../README.md)", "(../overview.html)", text, fixed = TRUE)
text <- gsub("(vignettes/)", "(articles/index.html)", text, fixed = TRUE)
writeLines(text, readme)

library <- file.path(work, "library")
dir.create(library)
utils::install.packages(package, library, repos = NULL, type = "source", quiet = TRUE, INSTALL_opts = "--no-test-load")
library(pixelcnn, lib.loc = library)
site <- pkgdown::as_pkgdown(package, override = list(destination = destination))
pkgdown::init_site(site)
pkgdown::build_home(site, preview = FALSE, quiet = TRUE)
withCallingHandlers(
  pkgdown::build_reference(site, examples = FALSE, lazy = FALSE, preview = FALSE),
  # pkgdown says that examples which need Python do not run. None runs.
  warning = function(warning) if (grepl("@examplesIf", conditionMessage(warning))) invokeRestart("muffleWarning")
)
pkgdown::build_articles(site, lazy = FALSE, preview = FALSE)
pkgdown::build_news(site, preview = FALSE)
pkgdown::build_search(site)
