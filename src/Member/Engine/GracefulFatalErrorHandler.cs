using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Member.Engine;

/// <summary>
/// Handles fatal errors of Orleans: the host stops gracefully, and the process exits with a code for the reason. Orleans' default is a
/// crash.
/// </summary>
internal sealed partial class GracefulFatalErrorHandler(IHostApplicationLifetime host, TimeProvider time,
    ILogger<GracefulFatalErrorHandler> logger) : IFatalErrorHandler
{
    /// <summary>
    /// The exit code of a member that the others have declared dead: the process is healthy and must be restarted. EX_TEMPFAIL of
    /// sysexits.h.
    /// </summary>
    public const int DeclaredDead = 75;

    private const int Failure = 1;

    /// <summary>The timeout of the stop: calls to a cluster that has removed this member may never be answered.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public bool IsUnexpected(Exception exception) => true;

    public void OnFatalException(object? sender, string? context, Exception? exception)
    {
        // An exception means that Orleans failed; null, that other members have declared this one dead.
        Environment.ExitCode = exception is null ? DeclaredDead : Failure;
        if (exception is null)
        {
            LogDeclaredDead(DeclaredDead);
        }
        else
        {
            LogFailed(exception, context);
        }

        _ = Task.Run(EndAsync);
    }

    private async Task EndAsync()
    {
        host.StopApplication();
        await Task.Delay(Limit, time);
        Environment.Exit(Environment.ExitCode);
    }

    [LoggerMessage(EventId = 509, Level = LogLevel.Warning,
        Message = "The other members could not reach this one and declared it dead; stopping with exit code {Code}: restart it")]
    private partial void LogDeclaredDead(int code);

    [LoggerMessage(EventId = 510, Level = LogLevel.Critical, Message = "Orleans failed ({Context}); stopping this process")]
    private partial void LogFailed(Exception error, string? context);
}
