namespace Krewe.Grains.Loads;

/// <summary>
/// Who may load at the same time: any number of ordinary loads, or one alone. First come, first served, so that neither kind starves.
/// Thread-safe.
/// </summary>
public sealed class LoadLock
{
    private readonly Lock gate = new();
    private readonly LinkedList<Waiter> waiting = new();
    private int shared;
    private bool isTakenAlone;

    /// <summary>Waits for a turn; the result is disposed, once, when it is over.</summary>
    public async ValueTask<IDisposable> EnterAsync(bool alone, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(alone);
        lock (gate)
        {
            waiting.AddLast(waiter.Place);
            Admit();
        }

        await using var giveUp = cancellationToken.UnsafeRegister(
            static (state, token) =>
                (((LoadLock, Waiter))state!).Item1.GiveUp((((LoadLock, Waiter))state!).Item2, token), (this, waiter));
        await waiter.Admitted.Task;
        return new Turn(this, alone);
    }

    private void Admit()
    {
        while (waiting.First is { } first && !isTakenAlone && (shared == 0 || !first.Value.Alone))
        {
            waiting.RemoveFirst();
            isTakenAlone = first.Value.Alone;
            shared += first.Value.Alone ? 0 : 1;
            first.Value.Admitted.SetResult();
        }
    }

    private void GiveUp(Waiter waiter, CancellationToken token)
    {
        lock (gate)
        {
            if (waiter.Place.List is null)
            {
                // It was its turn first.
                return;
            }

            waiting.Remove(waiter.Place);
            waiter.Admitted.SetCanceled(token);
            Admit();
        }
    }

    private void Leave(bool alone)
    {
        lock (gate)
        {
            isTakenAlone = !alone && isTakenAlone;
            shared -= alone ? 0 : 1;
            Admit();
        }
    }

    private sealed class Waiter
    {
        public Waiter(bool alone)
        {
            Alone = alone;
            Place = new LinkedListNode<Waiter>(this);
        }

        public bool Alone { get; }

        public LinkedListNode<Waiter> Place { get; }

        public TaskCompletionSource Admitted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Turn(LoadLock turns, bool alone) : IDisposable
    {
        private int over;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref over, 1) == 0)
            {
                turns.Leave(alone);
            }
        }
    }
}
