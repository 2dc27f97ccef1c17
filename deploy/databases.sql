-- Plane and jamdev have a database each.
CREATE DATABASE plane;
CREATE DATABASE jamdev;
