using Krewe.Abstractions.Errors;
using Orleans.Storage;

namespace Krewe.Grains.Storage;

/// <summary>
/// One value of a grain in storage. Unlike Orleans' persistent state it is read on first use, not on activation: with the database down the
/// grain still activates and reports the error. Values are immutable. Reads may interleave; updates run in the grain's turns.
/// </summary>
/// <typeparam name="T">The value, stored as a whole; its parameterless constructor makes the initial one.</typeparam>
internal sealed class DurableState<T>(IGrainStorage storage, string name, GrainId grain)
    where T : class, new()
{
    private const int MaxAttempts = 3;
    private GrainState<T>? stored;
    private Task reading = Task.CompletedTask;
    private bool isUncertain;

    /// <summary>The value last known to be stored; null before the first read.</summary>
    public T? Value => stored?.State;

    /// <summary>
    /// Reads the value if it is unknown, or if the outcome of the last write is. Concurrent callers share one read. Throws
    /// <see cref="KreweException"/> with <see cref="KreweErrorCode.Unavailable"/> if the database does not answer.
    /// </summary>
    public Task ReadAsync() =>
        stored is not null && !isUncertain ? Task.CompletedTask
        : reading.IsCompleted ? reading = ReadNowAsync()
        : reading;

    /// <summary>
    /// Changes the value and returns what is stored then. A change that returns its argument writes nothing; after a concurrent write the
    /// change is applied again. Throws <see cref="KreweException"/> with <see cref="KreweErrorCode.Unavailable"/> if the database does not
    /// answer; <see cref="Value"/> is then unchanged. A <see cref="KreweException"/> of the storage itself means that nothing was written.
    /// </summary>
    public async Task<T> UpdateAsync(Func<T, T> change)
    {
        for (var attempt = 1; ; attempt++)
        {
            await ReadAsync();
            var after = change(stored!.State!);
            if (ReferenceEquals(after, stored.State))
            {
                return after;
            }

            try
            {
                var written = new GrainState<T>(after, stored.ETag) { RecordExists = stored.RecordExists };
                await storage.WriteStateAsync(name, grain, written);
                stored = written;
                return after;
            }
            catch (InconsistentStateException) when (attempt < MaxAttempts)
            {
                // Another activation of this grain has written briefly: its value wins.
                isUncertain = true;
            }
            catch (Exception exception) when (exception is not KreweException)
            {
                isUncertain = true;
                throw Unavailable("; it is unknown whether the change was stored: try again later", exception);
            }
        }
    }

    private async Task ReadNowAsync()
    {
        var doubt = isUncertain ? "; it is unknown whether the last change was stored: try again later" : "";
        try
        {
            var read = new GrainState<T>(new T());
            await storage.ReadStateAsync(name, grain, read);
            read.State ??= new T();
            (stored, isUncertain) = (read, false);
        }
        catch (Exception exception) when (exception is not KreweException)
        {
            throw Unavailable(doubt, exception);
        }
    }

    private static KreweException Unavailable(string doubt, Exception exception) =>
        KreweException.Unavailable($"the database cannot be reached{doubt}", TimeSpan.FromSeconds(5), exception);
}
