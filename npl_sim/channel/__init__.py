"""What a seller still bears after a sale through a channel.

Contracts, cash by party, retained risk, and what accounting standards and capital rules make of it. Nothing here
knows of loans or stages: every function takes plain values or flows, and returns small frozen records.
"""
