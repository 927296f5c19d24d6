namespace Krewe.Access.Limits.Requests;

/// <summary>Marks an endpoint whose requests are the messages of a stream: they count, the call does not.</summary>
internal sealed record StreamedRequests
{
    /// <summary>The only one.</summary>
    public static StreamedRequests Instance { get; } = new();
}

/// <summary>The limits of a stream's requests, among the features of the call.</summary>
internal sealed class StreamLimit(Admission limits)
{
    /// <summary>Runs a request of the stream; one over a limit gets an error, <c>Overloaded</c>.</summary>
    public async ValueTask<T> RunAsync<T>(Func<ValueTask<T>> run)
    {
        if (limits.Enter() is { By: { } by } refusal)
        {
            throw LimitRefusal.ErrorOf(refusal.Outcome, by);
        }

        try
        {
            return await run();
        }
        finally
        {
            limits.Leave();
        }
    }
}
