"""What the threads of long work say to each other, while signals come."""
import random
import signal
import threading
import unittest

from ingot import _work


class Interrupted(BaseException):
    pass


def interrupt(_signal, _frame):
    raise Interrupted


class Flags(unittest.TestCase):
    def setUp(self):
        before = signal.signal(signal.SIGALRM, interrupt)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        self.addCleanup(signal.setitimer, signal.ITIMER_REAL, 0)

    def stuck(self, kind, rounds):
        """How many flags nobody can set any more after a signal has come while they were set."""
        numbers, stuck = random.Random(1), 0
        for _ in range(rounds):
            flag = kind()
            try:
                signal.setitimer(signal.ITIMER_REAL, numbers.uniform(0.00002, 0.0002))
                while True:
                    flag.set()
            except Interrupted:
                pass
            other = threading.Thread(target=flag.set, daemon=True)
            other.start()
            other.join(5)
            stuck += other.is_alive()
            if stuck:
                break
        return stuck

    def test_a_signal_leaves_no_flag_locked(self):
        self.assertEqual(self.stuck(_work._Flag, 300), 0)

    def test_a_flag_that_was_waited_for_in_vain_can_be_set(self):
        flag = _work._Flag()
        flag.wait(0.001)
        flag.set()
        flag.wait()


if __name__ == "__main__":
    unittest.main()
