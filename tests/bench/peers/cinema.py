"""The peer in Flask, run by gunicorn: the reads of all four services in one program, so none of them
has to ask another over HTTP, and a booking that SQLite makes durable.

BENCH_DATA is the folder of data files, BENCH_STORE the database's file."""
import json
import os
import sqlite3
import threading
import uuid

from flask import Flask, Response, request


def read(name):
    with open(os.path.join(os.environ["BENCH_DATA"], name), encoding="utf-8") as file:
        return json.load(file)


app = Flask(__name__)
users, movies, showtimes = read("users.json"), read("movies.json"), read("showtimes.json")
screens = read("screens.json")
thread = threading.local()


def database():
    if not hasattr(thread, "database"):
        thread.database = sqlite3.connect(os.environ["BENCH_STORE"], timeout=30, isolation_level=None)
        thread.database.execute("PRAGMA journal_mode = WAL")
        thread.database.execute("PRAGMA synchronous = FULL")
        thread.database.execute(
            "CREATE TABLE IF NOT EXISTS bookings (date TEXT, movie TEXT, time TEXT, screen TEXT,"
            " seat TEXT, id TEXT, user TEXT, PRIMARY KEY (date, movie, time, screen, seat))")
        thread.database.execute("CREATE INDEX IF NOT EXISTS by_user ON bookings (user, date)")
    return thread.database


def answer(value, status=200):
    return Response(json.dumps(value, separators=(",", ":")) + "\n", status, mimetype="application/json")


def problem(status, detail):
    return answer({"status": status, "detail": detail}, status)


def dates_of(user):
    dates = {}
    for date, movie in database().execute("SELECT date, movie FROM bookings WHERE user = ?", (user,)):
        if movie not in dates.setdefault(date, []):
            dates[date].append(movie)
    return dates


@app.get("/users/<user>")
def get_user(user):
    return answer(users[user]) if user in users else problem(404, "There is no such user.")


@app.get("/users/<user>/bookings")
def get_bookings_of_user(user):
    dates = dates_of(user) if user in users else {}
    if not dates:
        return problem(404, "There are no bookings.")
    return answer({date: [{"title": movies[movie]["title"], "rating": movies[movie]["rating"],
                           "uri": "/movies/" + movie} for movie in ids]
                   for date, ids in dates.items()})


@app.get("/movies")
def list_movies():
    return answer(movies)


@app.get("/movies/<movie>")
def get_movie(movie):
    if movie not in movies:
        return problem(404, "There is no such movie.")
    return answer({**movies[movie], "uri": "/movies/" + movie})


@app.get("/showtimes/<date>")
def get_showtimes(date):
    if date not in showtimes:
        return problem(404, "There are no showtimes.")
    return answer(list(dict.fromkeys(showing["movie"] for showing in showtimes[date])))


@app.get("/showtimes/<date>/<movie>/<time>-<screen>/seats")
def get_map(date, movie, time, screen):
    if not any(showing["movie"] == movie and showing["time"] == time and showing["screen"] == screen
               for showing in showtimes.get(date, [])):
        return problem(404, "There is no such showing.")
    sold = {seat for seat, in database().execute(
        "SELECT seat FROM bookings WHERE date = ? AND movie = ? AND time = ? AND screen = ?",
        (date, movie, time, screen))}
    rows = []
    for row in screens[screen]["rows"]:
        number, drawn = 0, ""
        for place in row["seats"]:
            number += place == "#"
            drawn += "_" if place == "_" else "s" if row["name"] + str(number) in sold else "f"
        rows.append({"name": row["name"], "tier": row["tier"],
                     "price": screens[screen]["price"][row["tier"]], "seats": drawn})
    return answer({"date": date, "movie": movie, "time": time, "screen": screen, "rows": rows})


@app.get("/bookings/<user>")
def get_bookings(user):
    dates = dates_of(user)
    return answer(dates) if dates else problem(404, "There are no bookings.")


@app.post("/bookings")
def book():
    body = request.get_json()
    showing = next((showing for showing in showtimes.get(body["date"], []) if showing["movie"] == body["movie"]
                    and showing["time"] == body["time"] and showing["screen"] == body["screen"]), None)
    if body["user"] not in users or showing is None:
        return problem(422, "There is no such user or showing.")
    booking = {"id": uuid.uuid4().hex, **body, "status": "confirmed"}
    try:
        with database() as db:
            db.execute("BEGIN IMMEDIATE")
            for seat in body["seats"]:
                db.execute("INSERT INTO bookings VALUES (?, ?, ?, ?, ?, ?, ?)",
                           (body["date"], body["movie"], body["time"], body["screen"], seat,
                            booking["id"], body["user"]))
    except sqlite3.IntegrityError:
        return problem(409, "Somebody has these seats already.")
    return answer(booking, 201)
