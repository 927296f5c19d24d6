namespace Krewe.Client.Monitoring;

/// <summary>Lets others ask for a look ahead of its time; all who ask before it begins share it.</summary>
internal sealed class PollSignal
{
    private readonly Lock gate = new();
    private TaskCompletionSource next = NewSource();
    private TaskCompletionSource requested = NewSource();
    private TaskCompletionSource begun = NewSource();
    private bool ended;

    /// <summary>Asks for a look that nobody waits for.</summary>
    public void Request()
    {
        lock (gate)
        {
            requested.TrySetResult();
        }
    }

    /// <summary>Asks for a look; done when one that began after this call has ended. Without looks any more it is done at once.</summary>
    public Task RequestAsync(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (ended)
            {
                return Task.CompletedTask;
            }

            requested.TrySetResult();
            return next.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>A look begins: who asks from now on waits for the next one.</summary>
    public void BeginLook()
    {
        lock (gate)
        {
            (begun, next, requested) = (next, NewSource(), NewSource());
        }
    }

    /// <summary>The look that began has ended.</summary>
    public void EndLook()
    {
        lock (gate)
        {
            begun.TrySetResult();
        }
    }

    /// <summary>Waits until it is time for the next look, or somebody asks for one.</summary>
    public async Task WaitAsync(TimeSpan interval, TimeProvider time, CancellationToken cancellationToken)
    {
        Task wish;
        lock (gate)
        {
            wish = requested.Task;
        }

        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(wish, Task.Delay(interval, time, waiting.Token));
        await waiting.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>There are no looks any more.</summary>
    public void End()
    {
        lock (gate)
        {
            ended = true;
            begun.TrySetResult();
            next.TrySetResult();
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
