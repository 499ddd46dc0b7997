"""What happens later or outside: jobs, timers, messages, the outbox."""
