# From a table of routes (build/NAME --routes) to requests as tests/fuzz/requests.c reads them, each with a
# byte of 1 behind it.
def value:
  if .type == "integer" or .type == "number" then .smallest
  elif .type == "boolean" then true
  elif .type == "choice" then .choices | split("|")[0]
  elif .type == "date" then "20180805"
  elif .type == "time" then "18:00"
  elif .type == "array" or .type == "ids" then ["A1"]
  elif .type == "object" then {"a": 1}
  else "nayana_patil" end;
def path: gsub("{user}"; "nayana_patil") | gsub("{date}"; "20180805") | gsub("{showing}"; "18:00-1") |
  gsub("{(movie|id)}"; "96798c08-d19b-4986-a05d-7da856efb697") | gsub("{[a-z]+}"; "1");
def query: map("\(.name)=\(value | if type == "array" then join(",") else . end)") | join("&");
.[] | "\(.method) \(.path | path)" + (if .query then "?" + (.query | query) else "" end) + "\nRole: " +
  (if .role == "service" then "service" else "owner" end) + "\nIf-Match: *\n" +
  (if .body then "Content-Type: application/json\n\n" + (.body | map({key: .name, value: value}) |
    from_entries | tojson) else "" end) + "\n\u0001"
