-- Plane and jamdev use separate databases.
CREATE DATABASE plane;
CREATE DATABASE jamdev;
