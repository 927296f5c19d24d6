using Krewe.Abstractions.Errors;
using Orleans.Storage;

namespace Krewe.Grains.Storage;

/// <summary>
/// What one grain keeps in the database. Unlike a persistent state of the engine it is read when it is first needed, not while the grain
/// is activated: with the database down the grain is there all the same and says what is wrong. Values are never changed in place. Reads
/// may interleave; updates follow one another by the grain's own turns.
/// </summary>
/// <typeparam name="T">The value, kept whole; its parameterless constructor makes the one of a grain that has none yet.</typeparam>
internal sealed class DurableState<T>(IGrainStorage storage, string name, GrainId grain)
    where T : class, new()
{
    private const int MaxAttempts = 3;
    private GrainState<T>? stored;
    private Task reading = Task.CompletedTask;
    private bool isUncertain;

    /// <summary>The value last known to be in the database; null until it was read.</summary>
    public T? Value => stored?.State;

    /// <summary>
    /// Reads the value where it is not known, or where nobody knows whether the last write arrived; callers share one read. Throws
    /// <see cref="KreweException"/> with <see cref="KreweErrorCode.Unavailable"/> where the database does not answer.
    /// </summary>
    public Task ReadAsync() =>
        stored is not null && !isUncertain ? Task.CompletedTask
        : reading.IsCompleted ? reading = ReadNowAsync()
        : reading;

    /// <summary>
    /// Changes the value and returns what is in the database then. A change that returns what it was given writes nothing; it is made
    /// again where somebody else has written meanwhile. Throws <see cref="KreweException"/> with <see cref="KreweErrorCode.Unavailable"/>
    /// where the database does not answer; <see cref="Value"/> then stays what it was. A storage that throws such an error itself has not
    /// written.
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
                // Another activation of this grain was there for a moment and has written: its value counts.
                isUncertain = true;
            }
            catch (Exception exception) when (exception is not KreweException)
            {
                isUncertain = true;
                throw Unavailable("; it is not certain whether the change was made, so make it again later", exception);
            }
        }
    }

    private async Task ReadNowAsync()
    {
        var doubt = isUncertain ? "; it is not certain whether the last change was made, so make it again later" : "";
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
