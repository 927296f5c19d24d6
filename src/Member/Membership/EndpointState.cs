namespace Krewe.Member;

/// <summary>What an attempt to connect found.</summary>
internal enum EndpointState
{
    /// <summary>Somebody accepts connections.</summary>
    Listening,

    /// <summary>The machine is there and says that nobody listens: the process is gone, however busy the machine may be.</summary>
    Refusing,

    /// <summary>No answer in time, or no way there: says nothing about the process.</summary>
    Silent,
}
