using Krewe.Abstractions;
using Orleans.Storage;

namespace Krewe.Grains;

/// <summary>
/// What one grain keeps in the database. Unlike a persistent state of the engine it is read when it is first needed, not while the grain
/// is activated: with the database down the grain is there all the same and says what is wrong. Values are never changed in place. To be
/// used from the grain's own turns only.
/// </summary>
/// <typeparam name="T">The value, kept whole; its parameterless constructor makes the one of a grain that has none yet.</typeparam>
internal sealed class DurableState<T>(IGrainStorage storage, string name, GrainId grain)
    where T : class, new()
{
    private const int MaxAttempts = 3;
    private GrainState<T>? stored;
    private Task turn = Task.CompletedTask;
    private Task reading = Task.CompletedTask;

    /// <summary>The value last known to be in the database; null until it was read.</summary>
    public T? Value => stored?.State;

    /// <summary>True after a write of which nobody knows whether it arrived.</summary>
    public bool IsUncertain { get; private set; }

    /// <summary>
    /// Reads the value where it is not known, or not certain; callers share one read. Throws <see cref="KreweException"/> with
    /// <see cref="KreweErrorCode.Unavailable"/> where the database does not answer.
    /// </summary>
    public Task ReadAsync() =>
        stored is not null && !IsUncertain ? Task.CompletedTask
        : reading.IsCompleted ? reading = InTurnAsync(EnsureReadAsync)
        : reading;

    /// <summary>
    /// Changes the value and returns what is in the database then. A change that returns what it was given writes nothing; it is made
    /// again where somebody else has written meanwhile. Throws <see cref="KreweException"/> with <see cref="KreweErrorCode.Unavailable"/>
    /// where the database does not answer; <see cref="Value"/> then stays what it was.
    /// </summary>
    public async Task<T> UpdateAsync(Func<T, T> change)
    {
        await InTurnAsync(() => TryUpdateAsync(change));
        return Value!;
    }

    private async Task InTurnAsync(Func<Task> action)
    {
        var before = turn;
        var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        turn = mine.Task;
        await before;
        try
        {
            await action();
        }
        catch (Exception exception) when (exception is not KreweException)
        {
            var doubt = IsUncertain ? "; it is not certain whether the change was made, so make it again later" : "";
            throw KreweException.Unavailable($"the database cannot be reached{doubt}", TimeSpan.FromSeconds(5), exception);
        }
        finally
        {
            mine.SetResult();
        }
    }

    private async Task TryUpdateAsync(Func<T, T> change)
    {
        for (var attempt = 1; ; attempt++)
        {
            await EnsureReadAsync();
            var after = change(stored!.State!);
            if (ReferenceEquals(after, stored.State))
            {
                return;
            }

            try
            {
                await WriteAsync(after);
                return;
            }
            catch (InconsistentStateException) when (attempt < MaxAttempts)
            {
                // Another activation of this grain was there for a moment and has written: its value counts.
            }
        }
    }

    private async Task EnsureReadAsync()
    {
        if (stored is null || IsUncertain)
        {
            var read = new GrainState<T>(new T());
            await storage.ReadStateAsync(name, grain, read);
            read.State ??= new T();
            (stored, IsUncertain) = (read, false);
        }
    }

    private async Task WriteAsync(T value)
    {
        IsUncertain = true;
        var written = new GrainState<T>(value, stored!.ETag) { RecordExists = stored.RecordExists };
        await storage.WriteStateAsync(name, grain, written);
        (stored, IsUncertain) = (written, false);
    }
}
