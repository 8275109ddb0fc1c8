# Runs the server and outlives the test process, to stop the server when that process is gone.
# Its standard input is a pipe from the test process: a line on it, or its end, means "stop". The
# kernel closes the pipe however the process dies, so this holds for kill -9 as well.
#
# arguments: the folder to remove, then the server's command line

folder=$1
shift

exec 3<&0
"$@" </dev/null 3<&- >"$folder/server.log" 2>&1 &
server=$!

# The immediate shutdown (QUIT): nobody will want this data again.
{ read -r _ <&3; kill -QUIT "$server"; exit 0; } 2>/dev/null &
guard=$!

# If the server ended by itself the guard is still reading: then the folder stays, for its log.
wait "$server"
kill "$guard" 2>/dev/null
wait "$guard" && rm -rf "$folder"
