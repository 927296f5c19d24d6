namespace Krewe.Processes;

/// <summary>How a caller calls: so many times in a row, each as soon as the last one is answered, then a pause.</summary>
/// <param name="CallsInARow">Calls between two pauses; after more than one, the next begin on a new connection, as with a program that is run again.</param>
/// <param name="Pause">The pause.</param>
public sealed record Rhythm(int CallsInARow, TimeSpan Pause)
{
    /// <summary>No pause at all.</summary>
    public static Rhythm Steady { get; } = new(int.MaxValue, TimeSpan.Zero);

    /// <summary>A caller who makes a call and pauses, on one connection.</summary>
    public static Rhythm Every(double milliseconds) => new(1, TimeSpan.FromMilliseconds(milliseconds));

    /// <summary>Calls in a row and a pause.</summary>
    public static Rhythm Rows(int calls, double milliseconds) => new(calls, TimeSpan.FromMilliseconds(milliseconds));

    /// <summary>Calls until told to stop; throws where a call fails.</summary>
    public async Task CallAsync(HttpCaller caller, CancellationToken stop)
    {
        for (var call = 1; !stop.IsCancellationRequested; call++)
        {
            if (await caller.CallAsync(CancellationToken.None) is { } failure)
            {
                throw new InvalidOperationException(failure);
            }

            if (call % CallsInARow == 0)
            {
                if (CallsInARow > 1)
                {
                    caller.Dispose();
                }

                await Task.Delay(Pause, CancellationToken.None);
            }
        }
    }
}
