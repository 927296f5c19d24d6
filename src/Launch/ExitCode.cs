namespace Krewe.Launch;

/// <summary>The process's exit codes.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The program could not start.</summary>
    public const int Failure = 1;

    /// <summary>The command line or configuration is invalid.</summary>
    public const int Usage = 2;

    /// <summary>A second Ctrl-C ended the shutdown: 128 plus the signal's number, the shells' convention.</summary>
    public const int Interrupted = 130;
}
