namespace Krewe.Cluster.Tests.Networks;

/// <summary>What becomes of the packets of a link that is cut.</summary>
internal enum LinkFault
{
    /// <summary>They are lost without a word.</summary>
    Silence,

    /// <summary>They are answered with a TCP reset, as a firewall does that rejects.</summary>
    Reset,
}
