namespace Krewe.Client.Monitoring;

/// <summary>Requests polls ahead of time; all requests before the next poll share it.</summary>
internal sealed class PollSignal
{
    private readonly Lock gate = new();
    private TaskCompletionSource next = NewSource();
    private TaskCompletionSource requested = NewSource();
    private TaskCompletionSource begun = NewSource();
    private bool ended;

    /// <summary>Requests a poll without waiting for it.</summary>
    public void Request()
    {
        lock (gate)
        {
            requested.TrySetResult();
        }
    }

    /// <summary>Requests a poll; completes when one that began after this call has ended, or at once after <see cref="End"/>.</summary>
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

    /// <summary>Marks the start of a poll: later requests wait for the next one.</summary>
    public void BeginPoll()
    {
        lock (gate)
        {
            (begun, next, requested) = (next, NewSource(), NewSource());
        }
    }

    /// <summary>Marks the end of a poll.</summary>
    public void EndPoll()
    {
        lock (gate)
        {
            begun.TrySetResult();
        }
    }

    /// <summary>Waits for the interval or a request.</summary>
    public async Task WaitAsync(TimeSpan interval, TimeProvider time, CancellationToken cancellationToken)
    {
        Task request;
        lock (gate)
        {
            request = requested.Task;
        }

        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(request, Task.Delay(interval, time, waiting.Token));
        await waiting.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Ends polling.</summary>
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
