"""What is measured of Trellis, against what; `make bench` runs it and keeps the last figures in RESULTS.md."""
