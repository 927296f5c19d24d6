using Microsoft.Extensions.Time.Testing;

namespace Krewe.Processes;

/// <summary>FakeTimeProvider with what it lacks: it tells of the timers that are made, and goes on while something is waited for.</summary>
public sealed class RunningTime() : FakeTimeProvider(TimeProvider.System.GetUtcNow())
{
    /// <summary>Told of every timer, when it is set, after how long it is due.</summary>
    public Action<TimeSpan>? TimerMade { get; set; }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        TimerMade?.Invoke(dueTime);
        return timer;
    }

    /// <summary>Moves on by steps until the task is over.</summary>
    public async Task RunAsync(TimeSpan step, Task task)
    {
        for (; !task.IsCompleted; await Task.Delay(1))
        {
            Advance(step);
        }

        await task;
    }
}
