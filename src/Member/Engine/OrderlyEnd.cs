using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Member.Engine;

/// <summary>
/// What happens when this process cannot be a member any more: the host stops in order and the process ends with a code that says
/// why. The engine's own way is a crash.
/// </summary>
internal sealed partial class OrderlyEnd(IHostApplicationLifetime host, TimeProvider time, ILogger<OrderlyEnd> logger) : IFatalErrorHandler
{
    /// <summary>
    /// The exit code of a member that the others have declared dead: nothing is wrong with it, and it is to be started again. The
    /// number is that of a temporary failure in sysexits.h.
    /// </summary>
    public const int DeclaredDead = 75;

    private const int Failure = 1;

    /// <summary>What a stop may take; calls to a cluster that has moved on may never be answered.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public bool IsUnexpected(Exception exception) => true;

    public void OnFatalException(object? sender, string? context, Exception? exception)
    {
        // A failure of the engine's own comes with its exception; that others have declared this member dead comes with none.
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
        Message = "The other members could not reach this one and have declared it dead: it stops with exit code {Code}, and is to be "
            + "started again")]
    private partial void LogDeclaredDead(int code);

    [LoggerMessage(EventId = 510, Level = LogLevel.Critical, Message = "This member cannot go on ({Context}): it stops")]
    private partial void LogFailed(Exception error, string? context);
}
