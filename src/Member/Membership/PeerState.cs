namespace Krewe.Member;

/// <summary>What one member sees of another when it looks.</summary>
[GenerateSerializer, Alias("krewe.peer-state")]
internal enum PeerState
{
    /// <summary>It answers messages.</summary>
    Answering,

    /// <summary>It accepts connections and answers no message in time: it hangs, or is very busy.</summary>
    Listening,

    /// <summary>Connections are refused: nobody listens there, or something on the way rejects.</summary>
    Refusing,

    /// <summary>No answer in time, or no way there.</summary>
    Silent,
}
