using Krewe.Access.Limits;
using Krewe.Access.Settings;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Access.Keys;

/// <summary>
/// Keeps this process's keys up to date: asks the grain and looks at the file twice a second. While the grain does not answer, the keys
/// stay as they were.
/// </summary>
internal sealed partial class KeyWatch(
    IGrainFactory grains, KeyRing ring, LimitTable limits, AccessOptions options, TimeProvider time, ILogger<KeyWatch> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>A silo's start does not wait longer: callers get 503 until the keys are known.</summary>
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(2);
    private readonly SemaphoreSlim reading = new(1, 1);
    private (DateTime, long)? file;
    private bool isFailing;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.AdminKeyFile is { } path && options.MakesAdminKey)
        {
            await AdminKeyFile.EnsureAsync(path, cancellationToken);
        }

        await TryReadAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Reads changes now, so that a change made here is in force here at once.</summary>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        await reading.WaitAsync(cancellationToken);
        try
        {
            var asked = grains.GetGrain<IKeyBookGrain>(IKeyBookGrain.Key).ReadAsync(ring.Sequence, ring.TakeUses());
            if (await asked.WaitAsync(ReadTimeout, time, cancellationToken) is { } changed)
            {
                // Limits first: no key is in force without its own.
                limits.Apply(
                    changed.Sequence,
                    changed.Keys.Where(static key => key.Limits is not null).Select(static key => (key.Id, key.Limits!)), changed.Tenants);
                ring.Apply(changed);
            }
        }
        finally
        {
            reading.Release();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await TryReadAsync(stoppingToken);
        }
    }

    public override void Dispose()
    {
        reading.Dispose();
        base.Dispose();
    }

    private async Task TryReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            ReadFile();
            await ReadAsync(cancellationToken);
            if (isFailing)
            {
                LogReadAgain();
            }

            isFailing = false;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            if (!isFailing)
            {
                LogFailed(error.Message);
            }

            isFailing = true;
        }
    }

    /// <summary>A file that is missing or has no key takes the key out of force.</summary>
    private void ReadFile()
    {
        if (options.AdminKeyFile is not { } path)
        {
            return;
        }

        var info = new FileInfo(path);
        (DateTime, long)? now = info.Exists ? (info.LastWriteTimeUtc, info.Length) : null;
        if (now != file)
        {
            ring.Apply(AdminKeyFile.Read(path));
            file = now;
        }
    }

    [LoggerMessage(EventId = 560, Level = LogLevel.Warning,
        Message = "Failed to read the API keys: {Reason} Those known so far stay in force; trying again twice a second")]
    private partial void LogFailed(string reason);

    [LoggerMessage(EventId = 561, Level = LogLevel.Information, Message = "The API keys can be read again")]
    private partial void LogReadAgain();
}
