namespace Krewe.Launch;

/// <summary>What must be known of a setting before its value is shown or asked for.</summary>
internal enum SettingKind
{
    /// <summary>Takes a value, which messages may repeat.</summary>
    Plain,

    /// <summary>On the command line it takes no value; it is true where it stands.</summary>
    Flag,

    /// <summary>Takes a value that may hold a password: no message repeats it.</summary>
    Confidential,

    /// <summary>A password: only from the environment or a file, because everybody on a machine can read command lines.</summary>
    Secret,
}
