// Reads lines of "path", prints one line of JSON for each: {"language": name or null, "seconds": processor time}.
// The name that go-enry sees is the file's own, without its folders.
package main

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"syscall"

	"github.com/go-enry/go-enry/v2"
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
	for lines.Scan() {
		raw, err := os.ReadFile(lines.Text())
		if err != nil {
			panic(err)
		}
		start := seconds()
		language := enry.GetLanguage(filepath.Base(lines.Text()), raw)
		spent := seconds() - start
		answer := map[string]any{"language": nil, "seconds": spent}
		if language != "" {
			answer["language"] = language
		}
		encoder.Encode(answer)
	}
}
