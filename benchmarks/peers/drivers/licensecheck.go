// Reads lines of "path", prints one line of JSON for each: {"ids": SPDX ids, "coverage": percent, "seconds": processor time}.
package main

import (
	"bufio"
	"encoding/json"
	"os"
	"syscall"

	"github.com/google/licensecheck"
)

func seconds() float64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	licensecheck.Scan(nil)
	for lines.Scan() {
		raw, err := os.ReadFile(lines.Text())
		if err != nil {
			panic(err)
		}
		start := seconds()
		found := licensecheck.Scan(raw)
		spent := seconds() - start
		ids := []string{}
		for _, match := range found.Match {
			ids = append(ids, match.ID)
		}
		encoder.Encode(map[string]any{"ids": ids, "coverage": found.Percent, "seconds": spent})
	}
}
