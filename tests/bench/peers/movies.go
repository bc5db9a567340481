// The peer in Go: net/http with encoding/json, on a unix socket. GET /movies and /movies/{id}.
//
//	movies SOCKET DATA
package main

import (
	"encoding/json"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
)

type movie struct {
	ID       string  `json:"id"`
	Title    string  `json:"title"`
	Director string  `json:"director"`
	Rating   float64 `json:"rating"`
	URI      string  `json:"uri,omitempty"`
}

var movies map[string]movie

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		log.Print(err)
	}
}

func list(w http.ResponseWriter, r *http.Request) {
	answer(w, movies)
}

func get(w http.ResponseWriter, r *http.Request) {
	found, ok := movies[strings.TrimPrefix(r.URL.Path, "/movies/")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	found.URI = "/movies/" + found.ID
	answer(w, found)
}

func main() {
	text, err := os.ReadFile(os.Args[2] + "/movies.json")
	if err != nil {
		log.Fatal(err)
	}
	if err := json.Unmarshal(text, &movies); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("unix", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/movies", list)
	http.HandleFunc("/movies/", get)
	log.Fatal(http.Serve(listener, nil))
}
