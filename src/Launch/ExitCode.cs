namespace Krewe.Launch;

/// <summary>What the program ends with.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>It could not start.</summary>
    public const int Failure = 1;

    /// <summary>The options are wrong.</summary>
    public const int Usage = 2;

    /// <summary>A second Ctrl-C cut the stop short: 128 and the number of the signal, as shells count.</summary>
    public const int Interrupted = 130;
}
