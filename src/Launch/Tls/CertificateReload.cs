using Krewe.Abstractions.Tls;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Launch.Tls;

/// <summary>
/// Reads the files of certificates again every two seconds, by their contents: what replaces them may keep times and sizes, and links lead
/// elsewhere without changing.
/// </summary>
internal sealed partial class CertificateReload(TlsSource source, TimeProvider time, ILogger<CertificateReload> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            Reload();
        }
    }

    private void Reload()
    {
        var (isReplaced, problem) = source.Reload();
        if (isReplaced)
        {
            LogReplaced(source.Name, source.Current.ExpiresAt);
        }

        if (problem is not null)
        {
            LogProblem(problem, source.Current.ExpiresAt);
        }
    }

    [LoggerMessage(EventId = 580, Level = LogLevel.Information,
        Message = "New connections get the new certificate in {File}, valid until {ExpiresAt:u}")]
    private partial void LogReplaced(string file, DateTimeOffset expiresAt);

    [LoggerMessage(EventId = 581, Level = LogLevel.Warning,
        Message = "The former certificate, valid until {ExpiresAt:u}, stays in force: {Problem}")]
    private partial void LogProblem(string problem, DateTimeOffset expiresAt);
}
