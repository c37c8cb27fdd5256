# Reads lines of "path", prints one line of JSON for each: {"language": name or null, "seconds": processor time}.
# The name that Linguist sees is the file's own, without its folders.
require "json"
require "linguist"
require "linguist/blob"

STDIN.each_line(chomp: true) do |path|
  blob = Linguist::Blob.new(File.basename(path), File.binread(path))
  start = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
  language = Linguist.detect(blob, allow_empty: true)
  seconds = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) - start
  puts JSON.generate({ "language" => language&.name, "seconds" => seconds })
end
