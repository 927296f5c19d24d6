namespace Krewe.Grains.Loads;

/// <summary>
/// A fair reader/writer lock for loads: any number of ordinary loads, or one exclusive load. First come, first served, so neither kind
/// starves. Thread-safe.
/// </summary>
public sealed class LoadLock
{
    private readonly Lock gate = new();
    private readonly LinkedList<Waiter> waiting = new();
    private int shared;
    private bool isHeldExclusively;

    /// <summary>Waits for the lock; dispose the result once to release it.</summary>
    public async ValueTask<IDisposable> EnterAsync(bool exclusive, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(exclusive);
        lock (gate)
        {
            waiting.AddLast(waiter.Node);
            Admit();
        }

        await using var giveUp = cancellationToken.UnsafeRegister(
            static (state, token) =>
                (((LoadLock, Waiter))state!).Item1.GiveUp((((LoadLock, Waiter))state!).Item2, token), (this, waiter));
        await waiter.Admitted.Task;
        return new Holder(this, exclusive);
    }

    private void Admit()
    {
        while (waiting.First is { } first && !isHeldExclusively && (shared == 0 || !first.Value.IsExclusive))
        {
            waiting.RemoveFirst();
            isHeldExclusively = first.Value.IsExclusive;
            shared += first.Value.IsExclusive ? 0 : 1;
            first.Value.Admitted.SetResult();
        }
    }

    private void GiveUp(Waiter waiter, CancellationToken token)
    {
        lock (gate)
        {
            if (waiter.Node.List is null)
            {
                // Admitted first.
                return;
            }

            waiting.Remove(waiter.Node);
            waiter.Admitted.SetCanceled(token);
            Admit();
        }
    }

    private void Leave(bool exclusive)
    {
        lock (gate)
        {
            isHeldExclusively = !exclusive && isHeldExclusively;
            shared -= exclusive ? 0 : 1;
            Admit();
        }
    }

    private sealed class Waiter
    {
        public Waiter(bool exclusive)
        {
            IsExclusive = exclusive;
            Node = new LinkedListNode<Waiter>(this);
        }

        public bool IsExclusive { get; }

        public LinkedListNode<Waiter> Node { get; }

        public TaskCompletionSource Admitted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Holder(LoadLock owner, bool exclusive) : IDisposable
    {
        private int over;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref over, 1) == 0)
            {
                owner.Leave(exclusive);
            }
        }
    }
}
